/** A small manual, page by page, with what real ones have: headings, wrapped lines, steps, a table of errors, figures. */
export const COFFEE_MACHINE_PAGES: readonly string[] = [
  `Aroma 500 coffee machine
Instructions for use

Welcome
Thank you for choosing the Aroma 500. Please read these instructions before you use the machine
for the first time and keep them in a safe place.
The machine is intended for household use only.`,
  `Safety
Never immerse the machine, the cable or the plug in water.
Children under 8 years must be kept away from the appliance. Unplug the machine before
cleaning it and whenever you leave the house for more than a day.
Use only the supplied USB-C adapter to charge the milk frother.`,
  `First use
1. Rinse the water tank and fill it with fresh cold water up to the MAX mark.
2. Plug in the machine and press the power button.
3. Place a cup under the spout and rinse the system twice before you make the first coffee.

Preparing coffee
Fill the bean container with up to 250 g of beans. Press the coffee button once for one cup and twice for two cups.
You can set the strength of the coffee in three steps with the dial on the left. The temperature of the coffee can be set to 84, 88 or 92 °C
in the menu under Settings > Temperature.`,
  `Descaling
Descale the machine when the orange light flashes, or at least every three months.
Use only the liquid descaler of the manufacturer. Vinegar damages the seals.
1. Empty the drip tray and the water tank.
2. Pour 100 ml of descaler and 900 ml of water into the tank.
3. Hold the steam button for five seconds until the display shows CALC.
4. When the programme has finished after about 25 minutes, rinse the tank and refill it with fresh water.

Water filter
Replace the water filter every two months or after 50 litres. Soak a new filter in cold water for ten minutes before you insert it.`,
  `Cleaning
Empty the drip tray and the grounds container every day. The drip tray and the cover of the spout are dishwasher safe.
Take out the brew group once a week and rinse it under warm running water. Do not use detergent for the brew group, since it removes the grease.
Wipe the housing with a damp cloth.`,
  `Troubleshooting
E-01 The grounds container is full Empty the grounds container
E-08 The brew group is missing or not inserted correctly Insert the brew group until it clicks
E-24: The water tank is empty. Refill the tank and press OK.
0x1F: The grinder is blocked. Switch off the machine, remove the beans and call the service if the error returns.
The coffee is too thin: choose a finer grind or a higher strength.
No milk foam: clean the frother nozzle with a needle.`,
  `Technical data
Voltage 220-240 V
Power 1450 W
Cable length 1.2 m
Weight 9.4 kg
Capacity of the water tank 1.8 litres
Pump pressure 15 bar

Warranty
The manufacturer grants a warranty of two years from the date of purchase. The warranty does not cover damage caused by limescale or by
improper use. Keep the receipt. To claim the warranty, contact the customer service at the address on the back.`,
];
